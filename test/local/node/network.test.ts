import fc from 'fast-check';
import {
  chooseOctet,
  clusterCidr,
  nodeAddress,
  nodeCommands,
  peerCommand,
  switchCommands,
} from '../../../local/node/network';

const network = { octet: 217, hostLink: 'sai12345678' };

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const prefixes = fc.tuple(octets, fc.integer({ min: 8, max: 32 }));

/** Whether two prefixes share an address, by comparing the bits both fix. */
function overlap([a, aBits]: [number[], number], [b, bBits]: [number[], number]): boolean {
  const bits = (octet: number[]): string =>
    octet.map((o) => o.toString(2).padStart(8, '0')).join('');
  const length = Math.min(aBits, bBits);
  return bits(a).slice(0, length) === bits(b).slice(0, length);
}

test('the network overlaps nothing the computer has an address in or a route to', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.array(prefixes, { maxLength: 20 }), (seed, taken) => {
      const texts = taken.map(([address, bits]) => `${address.join('.')}/${bits}`);
      // 10.0.0.0/8 and everything in 128..255 leave no room; that case has a test of its own.
      fc.pre(
        !taken.some(
          ([[first, second], bits]) =>
            first === 10 && bits < 10 && second >= 128 - (bits < 9 ? 128 : 0),
        ),
      );
      const octet = chooseOctet(seed, texts);
      expect(octet).toBeGreaterThanOrEqual(128);
      expect(octet).toBeLessThanOrEqual(255);
      for (const [address, bits] of taken)
        expect(overlap([[10, octet, 0, 0], 16], [address, bits])).toBe(false);
    }),
  );
});

test('a computer whose network takes all addresses gets an error', () => {
  expect(() => chooseOctet(3, ['10.0.0.0/8'])).toThrow(
    expect.objectContaining({ code: 'NODE_NETWORK_FULL' }) as Error,
  );
});

test('a bare address is taken by itself', () => {
  expect(chooseOctet(0, ['10.128.0.1'])).toBe(129);
});

test('no two nodes share addresses, and pods never get the addresses of nodes', () => {
  const nodes = Array.from({ length: 250 }, (_, i) => nodeAddress(network, i + 1));
  expect(new Set(nodes.map(({ ip }) => ip)).size).toBe(250);
  expect(new Set(nodes.map(({ podCidr }) => podCidr)).size).toBe(250);
  expect(nodes.every(({ ip }) => ip.startsWith('10.217.0.'))).toBe(true);
  expect(nodes.some(({ podCidr }) => podCidr.startsWith('10.217.0.'))).toBe(false);
  expect(clusterCidr(network)).toBe('10.217.0.0/16');
});

test('the host gets one link and one route for each node', () => {
  const node = nodeAddress(network, 2);
  const onHost = [
    ...switchCommands(network, 77),
    ...nodeCommands(network, node, { nodePid: 78, hostAddress: '192.0.2.9' }),
  ].filter(({ where }) => where === 'host');
  expect(onHost.map(({ args }) => args.join(' '))).toEqual([
    'link add sai12345678 type veth peer name host netns 77',
    'address add 10.217.0.1/24 dev sai12345678',
    'link set sai12345678 up',
    'route replace 10.217.2.0/24 via 10.217.0.3 dev sai12345678',
  ]);
  expect(peerCommand(node).args.join(' ')).toBe('route replace 10.217.2.0/24 via 10.217.0.3');
});
