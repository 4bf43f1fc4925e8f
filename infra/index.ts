/** The Pulumi front door: a cluster as the stack describes it, and the platform in it. `Pulumi.yaml` lists what a stack can say. */
import { policyHash } from '../policy/model/policy-hash';
import { readStack, stackValues } from './config';
import { deployPlatform } from './deploy-platform';

export = async () => {
  const stack = await readStack(stackValues());
  const cluster = await stack.create();
  const { objects } = deployPlatform(stack.sandbox, cluster);
  return {
    /** Of the cluster the platform is in; none where kubectl's own is used. */
    ...(cluster.kubeconfig && { kubeconfig: cluster.kubeconfig }),
    /** The policy that decides, as decision annotations name it. */
    policy: policyHash(stack.sandbox.policy),
    /** How many objects the platform has. */
    objects: objects.size,
  };
};
