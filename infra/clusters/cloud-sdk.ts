/** The SDKs of the clouds are optional packages, and each is loaded only for a cluster of its cloud. */
import { SandboxError } from '../../base/errors';
import { INFRA_ERRORS } from '../errors';

/** Versions are those of package.json. */
type CloudSdk = '@pulumi/gcp' | '@pulumi/aws' | '@pulumi/azure-native';

/**
 * @param load imports modules of `name`
 * @throws SandboxError CLOUD_SDK_MISSING if it is not installed
 */
export async function loadSdk<Modules>(
  name: CloudSdk,
  load: () => Promise<Modules>,
): Promise<Modules> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    const problem = {
      path: name,
      reason: 'is not installed',
      // Without a version npm uses the one in package.json.
      fix: `run "npm install --include=optional ${name}"`,
    };
    throw new SandboxError(INFRA_ERRORS.CLOUD_SDK_MISSING, [problem], { cause: error });
  }
}

function isMissing(error: unknown, name: CloudSdk): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}`)
  );
}
