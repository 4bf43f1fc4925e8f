// Jest cannot load ESM-only packages on Node 20, so these are transformed along with our own TypeScript.
const esmOnly = ['@kubernetes/client-node', 'openid-client', 'oauth4webapi', 'jose'];

const common = {
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/test/support/timeout.js'],
  transform: { '^.+\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2022' } }] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};

// Start control planes or nodes of their own, and want the computer for themselves.
const local = ['cluster', 'host-pods', 'gatekeeper', 'node/nodes', 'node/network-policies'].map(
  (name) => `<rootDir>/test/local/${name}.test.ts`,
);

// Run the bundled programs, or engines built from Go modules: what takes longer than a function.
const programKinds = ['-process', '.gator', '.opa', '.oracle'];
const programs = programKinds.map((kind) => `<rootDir>/test/**/*${kind}.test.ts`);
const programPatterns = programKinds.map((kind) => `${kind.replace('.', '\\.')}\\.test\\.ts$`);

const serially = '<rootDir>/test/support/serial-runner.js';

module.exports = {
  reporters: ['default', '<rootDir>/test/support/count-reporter.js'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '<rootDir>/test/e2e/',
        '<rootDir>/test/e2e-nodes/',
        '<rootDir>/test/e2e-pulumi/',
        ...local,
        ...programPatterns,
      ],
    },
    { ...common, displayName: 'programs', testMatch: programs },
    {
      ...common,
      displayName: 'local',
      testMatch: local,
      runner: serially,
    },
    {
      // On the cluster the main job brings up, which runs while tests of this project do and is taken down after them.
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      runner: serially,
      globalSetup: '<rootDir>/test/e2e/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/e2e/support/global-teardown.ts',
    },
    {
      // Brings up a cluster with a real node by itself, where there can be one.
      ...common,
      displayName: 'e2e-nodes',
      testMatch: ['<rootDir>/test/e2e-nodes/**/*.test.ts'],
      runner: serially,
    },
    {
      // The real Pulumi engine, on clusters of its own that have no node.
      ...common,
      displayName: 'e2e-pulumi',
      testMatch: ['<rootDir>/test/e2e-pulumi/**/*.test.ts'],
      runner: serially,
    },
  ],
};
