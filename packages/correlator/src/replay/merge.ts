interface Timed {
  readonly time: number;
}

/** Two sources that are in order, as one. Of events at the same time the first source's come first. */
export async function* merge<A extends Timed, B extends Timed>(
  first: AsyncGenerator<A>,
  second: AsyncGenerator<B>,
): AsyncGenerator<{ first: A } | { second: B }> {
  try {
    let [a, b] = await Promise.all([first.next(), second.next()]);
    while (!a.done || !b.done) {
      if (!a.done && (b.done || a.value.time <= b.value.time)) {
        yield { first: a.value };
        a = await first.next();
      } else if (!b.done) {
        yield { second: b.value };
        b = await second.next();
      }
    }
  } finally {
    // Whoever stops early must not leave files open.
    await Promise.all([first.return(undefined), second.return(undefined)]);
  }
}
