import { html, type SafeHtml } from '../html.ts';
import { brand, document, frame } from '../parts/frame.ts';
import type { Problem } from '../problem.ts';
import type { Context } from '../request/context.ts';

const titles: Readonly<Record<Problem['status'], string>> = {
  400: 'That address does not work',
  403: 'Not here',
  404: 'Nothing here',
  405: 'Only reading',
  500: 'Something went wrong',
  503: 'The store is not there',
  504: 'That took too long',
};

/** What is wrong and what to do about it; with the usual header once the request could be understood. */
export function problemPage(problem: Problem, context?: Context): SafeHtml {
  const title = titles[problem.status];
  const body = html`<section class="problem">
<h1>${title}</h1>
<p>${problem.message}</p>
<p class="muted">${problem.advice}</p>
<p><a href="/">Go to the overview</a></p>
</section>`;
  if (context) return frame(context, { title, body });
  return document(
    title,
    html`<header class="top"><div class="top-row">${brand('/')}</div></header><main id="main">${body}</main>`,
  );
}
