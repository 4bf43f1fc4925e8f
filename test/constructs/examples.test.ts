import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { SandboxChart } from '../../constructs';
import aks from '../../examples/aks.config';
import eks from '../../examples/eks.config';
import gke from '../../examples/gke.config';
import shipped from '../../sandbox.config';
import { expectManifest, manifests } from './expect-manifest';

const bundles = {
  webhook: 'webhook source',
  rotator: 'rotator source',
  installer: 'installer source',
};
const configs = {
  'sandbox.config.ts': shipped,
  'gke.config.ts': gke,
  'eks.config.ts': eks,
  'aks.config.ts': aks,
};

test.each(Object.entries(configs))('%s makes a chart', (_, config) => {
  const chart = new SandboxChart(new App(), 'sandbox', { config, bundles });
  expect(manifests(chart).length).toBeGreaterThan(50);
});

test('every example is among them', () => {
  const files = readdirSync(join(__dirname, '../../examples')).filter((f) =>
    f.endsWith('.config.ts'),
  );
  expect(files.filter((file) => !(file in configs))).toEqual([]);
});

test('on GKE the cluster owns the gVisor class, and metadata stays closed', () => {
  const chart = new SandboxChart(new App(), 'sandbox', { config: gke, bundles });
  expectManifest(chart).notToHave('RuntimeClass', 'gvisor');
  expectManifest(chart).toHave('RuntimeClass', 'kata', {
    overhead: { podFixed: { memory: '130Mi' } },
  });
  expectManifest(chart).toHave('NetworkPolicy', 'allow-egress', {
    spec: {
      egress: [
        {
          to: [
            { ipBlock: { except: ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'] } },
          ],
        },
      ],
    },
  });
});
