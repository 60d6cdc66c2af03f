import { ConfigError } from '../config/config.js';
import { untilListening } from './listening.js';

describe('untilListening', () => {
  const address = { host: '127.0.0.1', port: 80, portVariable: 'PORT' } as const;
  const refusing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

  it.each([
    ['EACCES', 'PORT: got "80", takes a port that this user may open on 127.0.0.1'],
    ['EADDRINUSE', 'PORT: got "80", takes a port that no other program uses on 127.0.0.1'],
    ['EADDRNOTAVAIL', 'HOST: got "127.0.0.1", takes an address of this machine, or a name that has one'],
  ])('names the variable that %s is about', async (code, message) => {
    await expect(untilListening(refusing(code), address)).rejects.toMatchObject({ name: 'ConfigError', message });
  });

  it('names the variable of the host, where it is another', async () => {
    const { message } = new ConfigError(
      'METRICS_HOST',
      '127.0.0.1',
      'an address of this machine, or a name that has one',
    );
    await expect(
      untilListening(refusing('EADDRNOTAVAIL'), { ...address, hostVariable: 'METRICS_HOST' }),
    ).rejects.toMatchObject({ message });
  });

  it('leaves every other error as it is', async () => {
    await expect(untilListening(refusing('EMFILE'), address)).rejects.toMatchObject({ message: 'EMFILE' });
  });
});
