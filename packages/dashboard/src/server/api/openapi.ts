import { z } from 'zod';
import { commonShape } from '../request/context.ts';
import { type ApiRoute, api } from '../routes.ts';
import { apiRoutes } from './routes.ts';

const descriptions: Readonly<Record<string, string>> = {
  data: 'Name of the dataset',
  from: 'Begin of the range: ISO 8601 or now-6h; default now-24h',
  to: 'End of the range; default now',
  sort: 'Column to sort by',
  order: 'asc or desc; numbers and times descend by default',
  limit: 'Rows per answer, 1 to 1000; default 100',
  cursor: 'The next value of the answer before',
  search: 'Text that stands anywhere in the row',
  ip: 'Address or network (198.18.0.0/20)',
  asn: 'Number of the network: 64501 or AS64501',
};

/** The values a parameter allows, read from its schema by asking it. */
function allowedValues(schema: z.ZodType): readonly string[] | undefined {
  const refused = schema.safeParse(['\u0000']);
  const issue = refused.success ? undefined : refused.error.issues[0];
  return issue?.code === 'invalid_value' ? issue.values.map(String) : undefined;
}

function parameter(name: string, schema: z.ZodType) {
  const repeatable = schema.safeParse([]).success && Array.isArray(schema.safeParse([]).data);
  const values = allowedValues(schema);
  const item = { type: 'string', ...(values && { enum: values }) };
  const bare = name.replace(/^not_/, '');
  const description = descriptions[bare] ?? `Value of ${bare}; the column’s own name works as well`;
  return {
    name,
    in: 'query',
    required: false,
    description: bare === name ? description : `Leaves out: ${description}`,
    schema: repeatable ? { type: 'array', items: item } : item,
  };
}

function operation(route: ApiRoute) {
  const { live: _live, ...common } = commonShape;
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries({ ...common, ...route.shape }).map(([name, schema]) =>
    parameter(name, schema as z.ZodType),
  );
  const problem = { $ref: '#/components/responses/Problem' };
  return {
    get: {
      summary: route.summary,
      parameters: [...inPath, ...inQuery],
      responses: {
        200: {
          description: 'OK',
          content: { 'application/json': { schema: z.toJSONSchema(route.response) } },
        },
        400: problem,
        ...(inPath.length > 0 && { 404: problem }),
        503: problem,
      },
    },
  };
}

/** The description of the API, made of the routes themselves. */
export function describeApi() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'ja4-platform',
      version: '1',
      description: '64-bit integers are text, times are ISO 8601 in UTC. Only GET.',
    },
    servers: [{ url: '/api' }],
    paths: Object.fromEntries(
      apiRoutes.map((route) => [route.path.replace(/:(\w+)/g, '{$1}'), operation(route)]),
    ),
    components: {
      responses: {
        Problem: {
          description: 'What is wrong and what to do about it',
          content: { 'application/json': { schema: z.toJSONSchema(problemSchema) } },
        },
      },
    },
  };
}

/** Every answer other than 200. */
const problemSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    advice: z.string(),
    parameter: z.string().optional(),
  }),
});

export const openApiRoute = api({
  path: '/openapi.json',
  summary: 'This description',
  shape: {},
  response: z.record(z.string(), z.unknown()),
  answer: () => describeApi(),
});
