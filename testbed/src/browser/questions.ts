import { createServer, type Server, type ServerResponse } from 'node:http';

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: object;
}

/**
 * Commands for a program that can only fetch: it POSTs the answer to the last command
 * ({ id, result | error }, at first {}) and gets the next one as the response.
 */
export class Questions {
  readonly #server: Server;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #line: Question[] = [];
  #listener: ServerResponse | undefined;
  #last = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (data: string) => {
        body += data;
      });
      request.on('end', () => this.#answered(body, response));
    });
    // A person may think for minutes, and the connection must not end meanwhile.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  static async listen(port: number): Promise<Questions> {
    const questions = new Questions();
    await new Promise<void>((resolve, reject) => {
      questions.#server.once('error', reject);
      questions.#server.listen(port, '127.0.0.1', resolve);
    });
    return questions;
  }

  /** Rejects with the program's message, or after `patienceMs` without an answer. */
  ask(method: string, params: object = {}, patienceMs = 30_000): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${method}: no answer in ${patienceMs / 1000} s`));
      }, patienceMs);
      const settle =
        <T>(next: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          next(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#line.push({ id, method, params });
      this.#tell();
    });
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('The browser has ended'));
    this.#waiting.clear();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answered(body: string, response: ServerResponse): void {
    this.#listener = response;
    const answer = JSON.parse(body) as { id?: number; result?: unknown; error?: string };
    const waiting = answer.id === undefined ? undefined : this.#waiting.get(answer.id);
    if (answer.id !== undefined) this.#waiting.delete(answer.id);
    if (answer.error === undefined) waiting?.resolve(answer.result);
    else waiting?.reject(new Error(answer.error));
    this.#tell();
  }

  #tell(): void {
    const next = this.#listener ? this.#line.shift() : undefined;
    if (!next) return;
    this.#listener?.end(JSON.stringify(next));
    this.#listener = undefined;
  }
}
