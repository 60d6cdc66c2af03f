import { isPublished, verificationHost } from './discovery-domain.js';

describe('verificationHost', () => {
  it('is a name of its own for each organization and domain', () => {
    expect(verificationHost('org_1', 'acme.com')).toBe('_ss-verification.org_1.acme.com');
  });
});

describe('isPublished', () => {
  it.each([
    [[], false],
    [[['other']], false],
    [[['prefix-proof']], false],
    [[['proof']], true],
    [[['pro', 'of']], true],
    [[[' proof ']], true],
    [[['other'], ['proof']], true],
  ])('of %j is %s', (records, published) => {
    expect(isPublished('proof', records)).toBe(published);
  });
});
