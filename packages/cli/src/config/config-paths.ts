import { z } from 'zod';
import { configSchema } from './schema.ts';

/** One leaf of the configuration: its path and the JSON type of its value. */
export interface ConfigPath {
  readonly path: readonly string[];
  readonly kind: string;
}

interface JsonSchema {
  readonly type?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of the configuration file (for editors, `ja4 config schema` and the list of paths). */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** All leaves, sections first in the order of the schema. */
export function configPaths(): ConfigPath[] {
  const leaves: ConfigPath[] = [];
  const walk = (schema: JsonSchema, path: readonly string[]): void => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      if (child.properties !== undefined) walk(child, [...path, key]);
      else leaves.push({ path: [...path, key], kind: kindOf(child) });
    }
  };
  walk(configJsonSchema(), []);
  return leaves;
}

function kindOf(schema: JsonSchema): string {
  const type = schema.type ?? schema.anyOf?.[0]?.type ?? 'string';
  return type === 'integer' ? 'number' : type;
}
