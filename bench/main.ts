/** `npm run bench -- NAME [--quick] [--json]`: one benchmark, as a table or as one JSON object. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length));

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name) || !existsSync(`${folder}${name}.ts`)) {
  process.stderr.write(
    `bench: name one of ${names.join(', ')}, for example: npm run bench -- ${names[0]} --quick\n`,
  );
  process.exitCode = 2;
} else {
  const benchmark = (await import(`./${name}.ts`)) as { run(args: string[]): Promise<void> };
  await benchmark.run(args);
}
