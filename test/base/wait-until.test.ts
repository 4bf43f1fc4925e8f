import { ApiError } from '../../kubernetes/api';
import { DeadlineError, NotYet, waitFor, waitUntil } from '../../base/wait-until';

test('a condition that holds at once is looked at once', async () => {
  const look = jest.fn(() => Promise.resolve(true));
  await waitUntil(look, { deadlineSeconds: 10 });
  expect(look).toHaveBeenCalledTimes(1);
});

test('it looks until the condition holds, and reports each change of what is seen once', async () => {
  const states = ['one', 'one', 'two'].map((seen) => new NotYet(seen));
  const seen: string[] = [];
  await waitUntil(() => Promise.resolve(states.shift() ?? true), {
    deadlineSeconds: 10,
    onSeen: (what) => seen.push(what),
  });
  expect(seen).toEqual(['one', 'two']);
});

test('a passed deadline says what was last seen', async () => {
  const wait = waitUntil(() => Promise.resolve(new NotYet('2 of 3')), { deadlineSeconds: 0.1 });
  await expect(wait).rejects.toThrow(new DeadlineError('2 of 3', 0.1).message);
});

test('a server that cannot answer just now is asked again', async () => {
  const answers = [() => Promise.reject(new ApiError(503, '', 'restarting'))];
  const seen: string[] = [];
  await waitUntil(() => (answers.shift() ?? (() => Promise.resolve(true)))(), {
    deadlineSeconds: 10,
    onSeen: (what) => seen.push(what),
  });
  expect(seen).toEqual(['restarting']);
});

test('a refusal ends the wait', async () => {
  const refusal = new ApiError(403, 'Forbidden', 'no');
  await expect(waitUntil(() => Promise.reject(refusal), { deadlineSeconds: 10 })).rejects.toBe(
    refusal,
  );
});

test('an aborted signal ends the wait with its own reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const look = () => {
    controller.abort(reason);
    return Promise.resolve(new NotYet('nothing'));
  };
  const wait = waitUntil(look, { deadlineSeconds: 10, signal: controller.signal });
  await expect(wait).rejects.toBe(reason);
});

describe('waitFor', () => {
  test('gives what the condition gives, and undefined when the time is up', async () => {
    const values = [undefined, 'value'];
    expect(await waitFor(() => values.shift(), { timeoutMilliseconds: 10_000 })).toBe('value');
    expect(await waitFor(() => undefined, { timeoutMilliseconds: 1 })).toBeUndefined();
  });
});
