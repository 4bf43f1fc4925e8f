/** What other folders use of the mutating webhook. */
export { CertificateRotator } from './certificate-rotator';
export { Mutator } from './mutator';
export { MutatorRegistration } from './registration';
export { webhookSchema, type WebhookConfig } from './schema';
