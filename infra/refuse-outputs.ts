/**
 * The tree of a chart holds plain values only. A value that Pulumi learns while it deploys would make the deployed objects
 * differ from the synthesized ones, so such a value is refused, however it got in.
 */
import { ApiObject, App, type Chart, type IResolver } from 'cdk8s';
import * as pulumi from '@pulumi/pulumi';
import { refuse, type Problem } from '../base/errors';
import { INFRA_ERRORS } from './errors';

/** What an Output becomes inside a template string (@pulumi/pulumi 3.248.0, output.js, `toString`). */
const AS_TEXT = 'Calling [toString] on an [Output<T>] is not supported';

/** @throws SandboxError CHART_HOLDS_OUTPUT naming every place */
export function refuseOutputs(chart: Chart): void {
  const places: string[] = [];
  const resolver: IResolver = {
    resolve: (context) => {
      if (!isOutput(context.value)) return;
      places.push(`${context.obj.node.path}: ${context.key.join('.')}`);
      // An Output cannot be rendered, and the remaining ones must be found too.
      context.replaceValue(null);
    },
  };
  // cdk8s calls the resolvers of the app for each value it renders (cdk8s 2.70.106, resolve.js); no other hook exists.
  const { resolvers } = App.of(chart);
  resolvers.unshift(resolver);
  try {
    for (const node of chart.node.findAll()) if (ApiObject.isApiObject(node)) node.toJson();
  } finally {
    resolvers.splice(resolvers.indexOf(resolver), 1);
  }
  const problems = places.map((path): Problem => ({
    path,
    reason: 'is a pulumi.Output, which has no value before the deployment',
    fix: 'pass a plain value: outputs of the cluster reach its objects only through the provider',
  }));
  refuse(INFRA_ERRORS.CHART_HOLDS_OUTPUT, problems);
}

function isOutput(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || (typeof value === 'string' && value.includes(AS_TEXT));
}
