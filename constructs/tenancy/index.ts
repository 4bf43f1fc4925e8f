/** What other folders use of tenants and the platform's namespaces. */
export { PlatformNamespaces } from './platform-namespaces';
export { PlatformNetwork } from './platform-network';
export { tenantSchema, type TenantConfig, type TenantInput } from './schema';
export { Tenant } from './tenant';
export { deniesAsBaseline, mergeTenantPolicies, resolveTenant } from './tenant-policy';
