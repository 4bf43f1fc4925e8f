import type { EngineEvent, OpType } from '@pulumi/pulumi/automation';
import type { DeployEvent } from '../../../deploy/apply';
import { deploymentWatch } from '../../../cli/automation/events';

const CHART = 'urn:pulumi:s::p::secure-ai-sandbox:index:SynthesizedChart';
const urnOf = (id: string) => `${CHART}$kubernetes:core/v1:Thing::${id}`;

const event = (rest: Partial<EngineEvent>): EngineEvent => ({ sequence: 0, timestamp: 0, ...rest });
const step = (op: OpType, urn: string) => ({ metadata: { op, urn, type: '', provider: '' } });
const done = (op: OpType, id: string) => event({ resOutputsEvent: step(op, urnOf(id)) });
const said = (severity: 'info' | 'error', message: string, id?: string) =>
  event({ diagnosticEvent: { severity, message, color: 'never', ...(id && { urn: urnOf(id) }) } });

function watched(events: readonly EngineEvent[]) {
  const reported: DeployEvent[] = [];
  const watch = deploymentWatch({ total: () => 4, onProgress: (one) => reported.push(one) });
  for (const one of events) watch.onEvent(one);
  return { watch, reported };
}

test('each object counts once, by what became of it', () => {
  const { watch } = watched([
    done('create', 'Namespace/a'),
    done('update', 'ConfigMap/a/b'),
    done('same', 'ConfigMap/a/c'),
    done('create-replacement', 'RuntimeClass/kata'),
    done('delete-replaced', 'RuntimeClass/kata'),
    done('replace', 'RuntimeClass/kata'),
    done('delete', 'ConfigMap/a/d'),
  ]);
  expect(watch.report()).toEqual({
    created: 1,
    configured: 2,
    unchanged: 1,
    pruned: { deleted: ['ConfigMap/a/d'], kept: [], failed: [] },
  });
});

test('the stack, the provider and the chart itself are no objects', () => {
  const others = [
    'urn:pulumi:s::p::pulumi:pulumi:Stack::p-s',
    'urn:pulumi:s::p::pulumi:providers:kubernetes::cluster',
    `${CHART}::platform`,
  ];
  const { watch, reported } = watched(
    others.map((urn) => event({ resOutputsEvent: step('create', urn) })),
  );
  expect(watch.report().created).toBe(0);
  expect(reported).toEqual([]);
});

test('progress counts objects, and says what is waited for and deleted', () => {
  const { reported } = watched([
    done('create', 'Namespace/a'),
    said('info', '[1/2] Waiting for app ReplicaSet\n', 'Deployment/a/b'),
    said('info', '', 'Deployment/a/b'),
    done('create', 'Deployment/a/b'),
    event({ resourcePreEvent: step('delete', urnOf('ConfigMap/a/d')) }),
  ]);
  expect(reported).toEqual([
    { type: 'applied', id: 'Namespace/a', outcome: 'created', done: 1, total: 4 },
    {
      type: 'waiting',
      id: 'Deployment/a/b',
      awaited: 'it is ready',
      seen: '[1/2] Waiting for app ReplicaSet',
    },
    { type: 'applied', id: 'Deployment/a/b', outcome: 'created', done: 2, total: 4 },
    { type: 'deleting', id: 'ConfigMap/a/d' },
  ]);
});

test('a failure names every object that failed, with all that was said of it', () => {
  const { watch } = watched([
    said('error', 'first', 'Deployment/a/b'),
    said('error', 'second', 'Deployment/a/b'),
    said('error', 'update failed'),
  ]);
  const { code, problems } = watch.failure(new Error('exit code 255'));
  expect([code, ...problems.map(({ path, reason }) => `${path}: ${reason}`)]).toEqual([
    'DEPLOY_INCOMPLETE',
    'Deployment/a/b: first; second',
    'deployment: update failed',
  ]);
});

test('a failure that nothing was said of carries what the engine ended with', () => {
  const { watch } = watched([]);
  expect(watch.failure(new Error('exit code 255')).problems).toMatchObject([
    { path: 'pulumi', reason: 'exit code 255' },
  ]);
});
