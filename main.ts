/**
 * The cdk8s front door: `npm run synth` runs this and writes one file to dist/, its objects in order of deployment.
 *
 * `kubectl apply --server-side -f dist/` takes it, with two limits that kubectl sets. The kinds of templates and constraints
 * appear only while it runs, so it has to be repeated until it succeeds: after the CRDs, and again when Gatekeeper has made
 * CRDs of the templates. And it does not wait: until webhooks answer, pods of tenants are refused. `secure-ai up` does both.
 * Without `--server-side` kubectl copies each object into an annotation of at most 256 KiB, too small for the programs' code.
 */
import { App } from 'cdk8s';
import { platformChart } from './constructs/platform-chart';
import config from './sandbox.config';

const app = new App();
platformChart(app, config);
app.synth();
