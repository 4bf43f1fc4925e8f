import { serviceOf } from '../../../installer-src/containerd/restart';

test.each([
  ['cgroup v2', '0::/system.slice/containerd.service\n', 'containerd.service'],
  ['another cgroup namespace', '0::/../../../../system.slice/k3s.service\n', 'k3s.service'],
  [
    'cgroup v1',
    '3:cpu:/system.slice/other.service\n1:name=systemd:/system.slice/rke2-agent.service\n',
    'rke2-agent.service',
  ],
])('the service of a process, %s', (_what, cgroups, service) => {
  expect(serviceOf(cgroups)).toBe(service);
});

test.each(['0::/kubelet.slice/x.scope\n', '0::/\n', '', '2:cpu:/a.service\n'])(
  '%j is of no service',
  (cgroups) => expect(serviceOf(cgroups)).toBeUndefined(),
);
