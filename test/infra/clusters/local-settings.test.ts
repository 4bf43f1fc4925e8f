import config from '../../../sandbox.config';
import { gvisorNodesSchema } from '../../../constructs/nodes';
import { withNodes } from '../../../infra/clusters/local-settings';

const sha512 = Object.fromEntries(
  ['runsc', 'containerd-shim-runsc-v1'].map((name) => [`x86_64/${name}`, 'a'.repeat(128)]),
);
const release = { source: 'http://192.0.2.1:8080/gvisor', version: '20260413.0', sha512 };

test('NetworkPolicies open the port the API server really listens on, beside those configured', () => {
  const adapted = withNodes(config, { release, apiServerPort: 41_234 });
  const ports = [...config.webhook.apiServerPorts, 41_234];
  expect(adapted.webhook.apiServerPorts).toEqual(ports);
  expect(adapted.nodes.gvisor).toMatchObject({ apiServerPorts: ports });
});

test('gVisor comes to the nodes of this computer, whatever pools the settings name', () => {
  const nodes = { gvisor: gvisorNodesSchema.parse({ ...release, pools: ['light'] }) };
  const adapted = withNodes({ ...config, nodes }, { release, apiServerPort: 6443 });
  expect(adapted.nodes.gvisor).toMatchObject({ pools: ['gvisor'] });
});

test('a port that is configured is not named twice', () => {
  const adapted = withNodes(config, { release, apiServerPort: 6443 });
  expect(adapted.webhook.apiServerPorts).toEqual(config.webhook.apiServerPorts);
});
