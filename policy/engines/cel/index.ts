/** The policy as admission policies that the API server evaluates itself. */
export { mutatingAdmissionPolicies, validatingAdmissionPolicies } from './manifests';
