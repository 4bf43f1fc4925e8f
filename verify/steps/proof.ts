import type { Runtime } from '../../policy/model';
import { sandboxesStarted } from '../handler';
import { nodesOffering, sightKernel, whyNoNode } from '../kernel';
import { fail, notRun, pass, type Outcome, type Step } from '../model';
import { enabledNamespace, NO_NAMESPACE } from '../namespace';
import { podName } from '../pod';

/**
 * Which kernel a sandboxed pod really runs on, and which handler started it. A sandboxed pod never sees the kernel its node
 * reports; gVisor's kernel says its own name. `control` shows that the same look finds the node's kernel where there is no sandbox.
 */
export function runtimeProof(runtime: Runtime): Step {
  const { name, handler } = runtime;
  const gvisor = handler.startsWith('runsc');
  return {
    id: `proof-${name}`,
    title: `A ${name} pod runs on a kernel of its own`,
    expected: `a kernel other than the node's${gvisor ? ', which says it is gVisor' : ''}; a sandbox started with handler ${handler}`,
    run: async (scene) => {
      const nodes = await nodesOffering(scene, handler);
      if (nodes.length === 0) return notRun(await whyNoNode(scene, handler));
      const namespace = await enabledNamespace(scene);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const before = await sandboxesStarted(scene, nodes, handler);
      const sighting = await sightKernel(scene, {
        name: podName(`${name}-proof`, scene.suffix),
        namespace,
        labels: { [scene.policy.labelKey]: name },
      });
      if ('outcome' in sighting) return sighting.outcome;
      const after = await sandboxesStarted(scene, nodes, handler);
      const started = before === undefined || after === undefined ? undefined : after - before;
      const { podKernel, nodeKernel, saysGvisor } = sighting;
      const observed = `${sighting.observed}${startedText(handler, started)}`;
      const evidence = { ...sighting.evidence, handler, sandboxesStarted: started ?? null };
      const judge = (verdict: string): Outcome => fail(`${verdict}: ${observed}`, evidence);
      if (podKernel === '' || nodeKernel === '') return judge('nothing to compare');
      if (podKernel === nodeKernel) return judge('not sandboxed');
      if (saysGvisor !== gvisor) return judge(gvisor ? 'not gVisor' : 'unexpectedly gVisor');
      if (started !== undefined && started < 1) return judge('started with another handler');
      return pass(observed, evidence);
    },
  };
}

function startedText(handler: string, started: number | undefined): string {
  return started === undefined
    ? '; the kubelet may not be asked for the handler'
    : `; the kubelet counts ${started} more started with handler ${handler}`;
}
