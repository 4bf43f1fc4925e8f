/** What other folders use of the mutating webhook. */
export { CertificateRotator } from './certificate-rotator';
export { Mutator } from './mutator';
export { MutatorRegistration } from './registration';
export { defaultFailurePolicy, webhookSchema, type WebhookConfig } from './schema';
