/**
 * An event's row is found by its place, one integer made of the tenant's number and the `seq`: SQLite keeps such a table in
 * the order of appending and needs no index for it. 2^40 events for each of 2^13 tenants stay safe integers.
 */
const placesOfTenant = 2 ** 40;
export const mostTenants = 2 ** 13 - 1;

export const placeOf = (tenantNo: number, seq: number): number => tenantNo * placesOfTenant + seq;

/** The place before the first of the tenant to which `place` belongs. */
export const originOf = (place: number): number => place - (place % placesOfTenant);
