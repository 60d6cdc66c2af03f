/** The DTOs whose bodies may have more than they declare. */
export const OPEN_DTOS = new Set<{ readonly name: string }>();

/** For a DTO whose body may have more than it declares, as the contract says of some; the rest is left out unread. */
export const AcceptOtherProperties = (): ClassDecorator => (dto) => void OPEN_DTOS.add(dto);
