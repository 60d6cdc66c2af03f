/** DTOs that accept undeclared properties. */
export const OPEN_DTOS = new Set<{ readonly name: string }>();

/** Accepts and drops undeclared properties, as the contract does. */
export const AcceptOtherProperties = (): ClassDecorator => (dto) => void OPEN_DTOS.add(dto);
