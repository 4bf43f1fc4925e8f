/** Runs Pulumi code against Pulumi's own mocks, and tells what it asked the engine to register. */
import * as pulumi from '@pulumi/pulumi';
import { disconnect, getMonitor } from '@pulumi/pulumi/runtime';

/** A resource as it was asked for. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** Secrets are wrapped, see `isSecret`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Name of the resource it belongs to; empty for the stack. */
  readonly parent: string;
  /** Names of the resources it depends on. */
  readonly dependsOn: readonly string[];
  /** Name of its provider; empty for none in particular. */
  readonly provider: string;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly secretOutputs: readonly string[];
}

/** As much of `RegisterResourceRequest` (pulumi proto, resource.proto) as is read. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProvider(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getDeletebeforereplace(): boolean;
  getAdditionalsecretoutputsList(): string[];
}

/** Property that marks a secret on the wire (@pulumi/pulumi runtime/rpc.js, `specialSigKey`). */
const SIGNATURE = '4dabf18193072939515e22adb298388d';

export function isSecret(value: unknown): boolean {
  return typeof value === 'object' && value !== null && SIGNATURE in value;
}

/** A provider that knows nothing of its own. */
const ECHO: pulumi.runtime.Mocks = {
  newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as object }),
  call: ({ inputs }) => inputs as Record<string, unknown>,
};

/** Everything that `program` registers, sorted as it was asked for. */
export async function registrationsOf(
  program: () => unknown,
  { preview = false, mocks = ECHO }: { preview?: boolean; mocks?: pulumi.runtime.Mocks } = {},
): Promise<readonly Registration[]> {
  await pulumi.runtime.setMocks(mocks, 'secure-ai-sandbox', 'test', preview);
  const seen: Registration[] = [];
  const monitor = getMonitor() as unknown as {
    registerResource(request: Request, ...rest: unknown[]): unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    seen.push(read(request));
    return register(request, ...rest);
  };
  await pulumi.runtime.runInPulumiStack(async () => {
    await program();
    return {};
  });
  await disconnect();
  return seen.filter(({ type }) => type !== 'pulumi:pulumi:Stack');
}

function read(request: Request): Registration {
  return {
    type: request.getType(),
    name: request.getName(),
    inputs: request.getObject().toJavaScript(),
    parent: nameOf(request.getParent()),
    dependsOn: request.getDependenciesList().map(nameOf),
    // `<urn>::<id>`
    provider: nameOf(request.getProvider().split('::').slice(0, -1).join('::')),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    secretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

/** Of a URN: `urn:pulumi:<stack>::<project>::<types>::<name>`. */
function nameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}
