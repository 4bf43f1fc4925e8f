/** The Pulumi program: a cluster as the stack describes it, and the platform in it. `Pulumi.yaml` lists the keys of a stack. */
import * as pulumi from '@pulumi/pulumi';
import { configLints, lintText } from '../constructs/lints';
import { policyHash } from '../policy/model/policy-hash';
import { readStack, stackValues } from './config';
import { deployPlatform } from './deploy-platform';

export = async () => {
  const stack = await readStack(stackValues());
  for (const lint of configLints(stack.sandbox)) void pulumi.log.warn(lintText(lint, 'settings'));
  const cluster = await stack.create();
  const { objects } = deployPlatform(stack.sandbox, cluster);
  return {
    /** Kubeconfig of the cluster; none if kubectl's own is used. */
    ...(cluster.kubeconfig && { kubeconfig: cluster.kubeconfig }),
    /** Hash of the policy, as decision annotations name it. */
    policy: policyHash(stack.sandbox.policy),
    /** Number of objects of the platform. */
    objects: objects.size,
  };
};
