/** Command lines of the two Deployments. Flags: website/docs/runtime-flags.md of Gatekeeper v3.23.1. */
import { NAMESPACE } from './names';
import { type GatekeeperSettings, OFFICIAL } from './schema';

/** Port the controller serves webhooks on, in the pod. */
export const WEBHOOK_PORT = 8443;

/** The flag, unless its value is the program's default, which the official manifest does not set. */
function unlessDefault(flag: string, value: string | number, official: string | number): string[] {
  return value === official ? [] : [`--${flag}=${value}`];
}

function logLevel(settings: GatekeeperSettings): string[] {
  return unlessDefault('log-level', settings.logLevel, OFFICIAL.logLevel);
}

function disabledBuiltins(settings: GatekeeperSettings): string[] {
  return settings.disabledBuiltins.map((name) => `--disable-opa-builtin=${name}`);
}

export function controllerArgs(settings: GatekeeperSettings): string[] {
  const exempt = [NAMESPACE, ...settings.exemptNamespaces];
  return [
    `--port=${WEBHOOK_PORT}`,
    '--logtostderr',
    ...exempt.map((name) => `--exempt-namespace=${name}`),
    '--operation=webhook',
    ...(settings.mutation.enabled ? ['--operation=mutation-webhook'] : []),
    ...disabledBuiltins(settings),
    ...logLevel(settings),
    ...settings.controller.extraArgs,
  ];
}

export function auditArgs(settings: GatekeeperSettings): string[] {
  const { intervalSeconds, constraintViolationsLimit, extraArgs } = settings.audit;
  return [
    '--operation=audit',
    '--operation=status',
    ...(settings.mutation.enabled ? ['--operation=mutation-status'] : []),
    '--operation=generate',
    '--logtostderr',
    ...disabledBuiltins(settings),
    '--disable-cert-rotation',
    ...logLevel(settings),
    ...settings.exemptNamespaces.map((name) => `--exempt-namespace=${name}`),
    ...unlessDefault('audit-interval', intervalSeconds, OFFICIAL.audit.intervalSeconds),
    ...unlessDefault(
      'constraint-violations-limit',
      constraintViolationsLimit,
      OFFICIAL.audit.constraintViolationsLimit,
    ),
    ...extraArgs,
  ];
}
