import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MessageQueue } from './message-queue.ts';

it('keeps order, stays within both bounds and accounts for every message', () => {
  const step = fc.oneof(fc.string({ maxLength: 12 }), fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new MessageQueue(5, 20);
      let model: string[] = [];
      for (const message of steps) {
        if (message === undefined) {
          expect(queue.peek()).toBe(model[0]);
          queue.shift();
          model = model.slice(1);
          continue;
        }
        const before = model.length;
        const dropped = queue.push(message);
        model = [...model, message].slice(dropped);
        expect(queue.length).toBe(before + 1 - dropped);
        expect(model.length).toBeLessThanOrEqual(5);
        expect(model.join('').length).toBeLessThanOrEqual(20);
      }
      for (const message of model) {
        expect(queue.peek()).toBe(message);
        queue.shift();
      }
      expect(queue.peek()).toBeUndefined();
    }),
  );
});

it('drops a message that can never fit, and keeps the others', () => {
  const queue = new MessageQueue(3, 4);
  queue.push('ab');
  expect(queue.push('abcde')).toBe(1);
  expect(queue.peek()).toBe('ab');
});
