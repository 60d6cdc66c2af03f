import { pictureOf } from './picture.js';

describe('pictureOf', () => {
  it.each([
    [
      'john@example.com',
      'https://s.gravatar.com/avatar/d4c74594d841139328695756648b6bd6?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fjo.png',
    ],
    [
      'j@example.com',
      'https://s.gravatar.com/avatar/19c7cf93d7e33c17730e5fccd7f4ab2e?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fj.png',
    ],
    [
      '/?@example.com',
      'https://s.gravatar.com/avatar/9f7371e4be3d31c46e3d9634efadaedf?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F%252F%253F.png',
    ],
  ])('of %s is its Gravatar', (email, picture) => {
    expect(pictureOf({ picture: null, email })).toBe(picture);
  });

  it('returns the picture that was set', () => {
    expect(pictureOf({ picture: 'https://example.com/a.jpg', email: 'a@example.com' })).toBe(
      'https://example.com/a.jpg',
    );
  });

  it('returns undefined without an address', () => {
    expect(pictureOf({ picture: null, email: null })).toBeUndefined();
  });
});
