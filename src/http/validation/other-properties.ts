/** The DTOs that may have more than they declare. */
export const OPEN_DTOS = new Set<{ readonly name: string }>();

/**
 * For a DTO that may have more than it declares, as the contract says of some; the rest is left out unread. One that is
 * nested is open only within bodies that are.
 */
export const AcceptOtherProperties = (): ClassDecorator => (dto) => void OPEN_DTOS.add(dto);
