const ACCEPTED = Symbol('other properties are accepted');

/** A DTO whose body may have more than it declares, as the contract says of some; the rest is left out unread. */
export const AcceptOtherProperties = (): ClassDecorator => (dto) => Reflect.defineMetadata(ACCEPTED, true, dto);

export const acceptsOtherProperties = (dto: object): boolean => Reflect.getMetadata(ACCEPTED, dto) === true;
