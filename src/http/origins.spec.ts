import { originsOf } from './origins.js';

describe('originsOf', () => {
  it.each(['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'])('calls %s localhost', (host) => {
    expect(originsOf(host, 3000, 3443)).toEqual(['http://localhost:3000', 'https://localhost:3443']);
  });

  it.each([
    ['127.0.0.2', '127.0.0.2'],
    ['vestibule.example', 'vestibule.example'],
    ['fd00::1', '[fd00::1]'],
  ])('says where else it is: %s', (host, name) => {
    expect(originsOf(host, 80)).toEqual([`http://${name}:80`]);
  });
});
