/** Chooses the address at which pods and webhooks of this computer are reached. */
import { networkInterfaces } from 'node:os';
import { SandboxError } from '../base/errors';
import { LOCAL_ERRORS } from './errors';

/** Temporary bridges and tunnels of containers, virtual machines and VPNs. */
const VIRTUAL =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|podman|lxc|utun|tun|tap|wg|tailscale)/;

/**
 * An IPv4 address of this computer that an EndpointSlice may contain: Kubernetes refuses loopback and link-local ones
 * (ValidateNonSpecialIP in pkg/apis/core/validation, v1.36.3). Physical interfaces take precedence over virtual ones.
 * @throws SandboxError LOCAL_NO_HOST_ADDRESS
 */
export function chooseHostAddress(interfaces = networkInterfaces()): string {
  const candidates = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal, address }) => {
        return family === 'IPv4' && !internal && !address.startsWith('169.254.');
      })
      .map(({ address }) => ({ address, virtual: VIRTUAL.test(name) })),
  );
  const chosen = candidates.find(({ virtual }) => !virtual) ?? candidates[0];
  if (chosen) return chosen.address;
  throw new SandboxError(LOCAL_ERRORS.LOCAL_NO_HOST_ADDRESS, [
    {
      path: 'network interfaces',
      reason:
        'none has an IPv4 address besides loopback and link-local ones, and Kubernetes accepts no such endpoints',
      fix: 'connect to a network, or add an address to any interface (Linux: ip address add 10.254.254.1/32 dev lo)',
    },
  ]);
}
