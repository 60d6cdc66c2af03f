import type { FastifyReply } from 'fastify';
import type { Html } from './views/html.js';
import { troublePage } from './views/trouble.js';

export function sendPage(reply: FastifyReply, status: number, page: Html): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(page.toString());
}

export const sendNotFound = (reply: FastifyReply): FastifyReply =>
  sendPage(
    reply,
    404,
    troublePage('There is no such page', 'No organization has this address. Check how its name is written.', {
      href: '/',
      label: 'Sign in by e-mail address',
    }),
  );

/** Also what somebody gets who tries to finish a sign-in that is not theirs. */
export const sendEnded = (reply: FastifyReply): FastifyReply =>
  sendPage(
    reply,
    400,
    troublePage('This sign-in has ended', 'It took too long, was finished already, or another one was begun.', {
      href: '/',
      label: 'Start again',
    }),
  );

/** @param retry where the same can be asked again */
export const sendUnavailable = (reply: FastifyReply, retry: string): FastifyReply =>
  sendPage(
    reply,
    503,
    troublePage(
      'Nobody can sign in at the moment',
      'The service that decides who may come in does not answer. Nothing is wrong with your account. Please try again in a minute.',
      { href: retry, label: 'Try again' },
    ),
  );

export const sendFailure = (reply: FastifyReply, status: number): FastifyReply => {
  const text = status < 500 ? 'What was sent does not fit the form.' : 'Something went wrong on our side.';
  return sendPage(
    reply,
    status,
    troublePage('That did not work', `${text} Please start again.`, { href: '/', label: 'Start again' }),
  );
};
