/**
 * Whole reviews and whole answers: test/fixtures/admission/<case>/{request,response}.json, judged by policy.json and
 * runtime-classes.json beside them, those called `enforcement-…` by policy-of-enforcement.json.
 * In response.json the patch stands decoded, to be read by people.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch, type Operation } from 'rfc6902';
import { parsePolicy } from '../../../policy/model/define';
import { parseRuntimeClasses } from '../../../policy/model/runtime-class';
import { reviewPod } from '../../../webhook-src/server/review-pod';
import { compileDecider } from '../../../webhook-src/server/policy-file';

const ROOT = join(__dirname, '../../fixtures/admission');
const cases = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const runtimeClasses = parseRuntimeClasses(readJson('runtime-classes.json'));
const deciderOf = (file: string) =>
  compileDecider({ policy: parsePolicy(readJson(file)), runtimeClasses });
const ordinary = deciderOf('policy.json');
const ofEnforcement = deciderOf('policy-of-enforcement.json');

interface Answer {
  response: { patch?: string | Operation[]; patchType?: string; warnings?: string[] };
}

function readJson(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as unknown;
}

function answer(name: string): Answer {
  const decider = name.startsWith('enforcement-') ? ofEnforcement : ordinary;
  const verdict = reviewPod(readFileSync(join(ROOT, name, 'request.json')), decider);
  if ('refused' in verdict) throw new Error(`${verdict.refused}: ${verdict.detail}`);
  return JSON.parse(verdict.body) as Answer;
}

function decoded(given: Answer): Answer {
  const { patch, ...rest } = given.response;
  if (typeof patch !== 'string') return given;
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[];
  return { ...given, response: { ...rest, patch: operations } };
}

test('there are cases', () => {
  expect(cases.length).toBeGreaterThan(40);
});

describe.each(cases)('%s', (name) => {
  it('is answered as recorded', () => {
    expect(decoded(answer(name))).toEqual(readJson(name, 'response.json'));
  });

  it('gets patch and patchType together or not at all, and a patch that applies', () => {
    const { response } = decoded(answer(name));
    expect('patch' in response).toBe('patchType' in response);
    if (!Array.isArray(response.patch)) return;
    const { request } = readJson(name, 'request.json') as { request: { object: unknown } };
    expect(applyPatch(request.object, response.patch)).toEqual(response.patch.map(() => null));
  });
});
