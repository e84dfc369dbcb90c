import type { z } from 'zod';
import type { SafeHtml } from './html.ts';
import type { Problem } from './problem.ts';
import type { Context } from './request/context.ts';

/** What a page is made of before the frame (header, navigation, time range) is put around it. */
export interface Page {
  readonly title: string;
  readonly body: SafeHtml;
}

/** Another page of this site that answers instead. */
interface Redirect {
  readonly redirect: string;
}

/** Values of the path's placeholders (`/ip/:ip`), percent-decoded. */
type PathValues = Readonly<Record<string, string>>;

export interface PageRoute<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly path: string;
  readonly shape: Shape;
  readonly render: (
    context: Context,
    parameters: z.output<z.ZodObject<Shape>>,
    values: PathValues,
  ) => Promise<Page | Problem | Redirect> | Page | Problem | Redirect;
}

export interface ApiRoute<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly path: string;
  /** One line for the API description. */
  readonly summary: string;
  readonly shape: Shape;
  /** What a successful answer looks like; the description is made of it, and tests hold answers against it. */
  readonly response: z.ZodType;
  readonly answer: (
    context: Context,
    parameters: z.output<z.ZodObject<Shape>>,
    values: PathValues,
  ) => Promise<object | Problem> | object | Problem;
}

/** Keeps the shape's type for `render`, and forgets it for the list of all pages. */
export function page<Shape extends z.ZodRawShape>(route: PageRoute<Shape>): PageRoute {
  return route as unknown as PageRoute;
}

export function api<Shape extends z.ZodRawShape>(route: ApiRoute<Shape>): ApiRoute {
  return route as unknown as ApiRoute;
}

export function isProblem(result: object): result is Problem {
  return 'status' in result && 'code' in result && 'advice' in result;
}
