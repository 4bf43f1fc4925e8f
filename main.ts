/**
 * The cdk8s entry point: `npm run synth` runs it and writes one file to dist/, with the objects in order of deployment.
 *
 * `kubectl apply --server-side -f dist/` applies it, with two limits of kubectl. The kinds of templates and constraints
 * appear only while it runs, so repeat it until it succeeds: after the CRDs, and again when Gatekeeper has created the
 * CRDs of the templates. And it does not wait: pods of tenants are refused until the webhooks answer. `secure-ai up` does both.
 * Without `--server-side` kubectl copies each object into an annotation of at most 256 KiB, too small for the programs' code.
 */
import { App } from 'cdk8s';
import { configLints, lintText } from './constructs/lints';
import { platformChart } from './constructs/platform-chart';
import config from './sandbox.config';

for (const lint of configLints(config)) console.warn(lintText(lint, 'sandbox.config.ts'));
const app = new App();
platformChart(app, config);
app.synth();
