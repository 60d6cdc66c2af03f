/** An id or name of an organization. */
export const ORGANIZATION = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,50}$' } as const;
export const CONNECTION_ID = { type: 'string', maxLength: 50 } as const;
export const INTENT = { type: 'string', enum: ['login', 'signup'] } as const;
export const EMAIL = { type: 'string', maxLength: 254 } as const;
export const STATE = { type: 'string', maxLength: 64 } as const;
/** Of a provider's answer. */
export const CODE = { type: 'string', maxLength: 4096 } as const;
export const COLOR = { type: 'string', pattern: '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$' } as const;

/** The fields of a form, a query or a path. */
export const fields = <Name extends string>(properties: Record<Name, object>, ...required: NoInfer<Name>[]) => ({
  type: 'object',
  properties,
  required,
});
