import type { Decision } from './domain/decision.js';
import type { Discovery } from './domain/discovery.js';
import type { LoginConnection } from './domain/sign-in-organization.js';
import { isButton, type Prompt } from './domain/prompt.js';
import type { DecisionResponse, DiscoveryResponse, LoginConnectionResponse, PromptResponse } from './dto/login.dto.js';

export function presentPrompt({ organization, connections, signup, reason }: Prompt): PromptResponse {
  const { id, name, displayName, branding } = organization;
  return {
    organization: {
      id,
      name,
      ...(displayName === null ? undefined : { display_name: displayName }),
      ...(branding === null ? undefined : { branding: branding }),
    },
    connections: connections.map(presentConnection),
    signup: signup === undefined ? null : { connection_id: signup.id },
    ...(reason === undefined ? undefined : { reason }),
  };
}

export function presentDiscovery(discovery: Discovery): DiscoveryResponse {
  switch (discovery.next) {
    case 'connection':
      return {
        organization: presentName(discovery.organization),
        connection: presentConnection(discovery.connection),
        next: 'connection',
      };
    case 'choose_organization':
      return {
        organization: null,
        organizations: discovery.organizations.map(presentName),
        connection: null,
        next: 'choose_organization',
      };
    case 'prompt':
      return {
        organization: discovery.organization ? presentName(discovery.organization) : null,
        connection: null,
        next: 'prompt',
      };
  }
}

export function presentDecision({
  decision,
  reason,
  membership,
  organization,
  userId,
  trace,
}: Decision): DecisionResponse {
  return {
    decision,
    reason,
    membership,
    organization: organization ? presentName(organization) : null,
    user_id: userId ?? null,
    trace: trace.map(({ check, result, detail }) => ({ check, result, detail })),
  };
}

function presentConnection(connection: LoginConnection): LoginConnectionResponse {
  const { id, name, displayName, strategy, kind } = connection;
  return {
    id,
    name,
    ...(displayName === null ? undefined : { display_name: displayName }),
    strategy,
    kind,
    is_button: isButton(connection),
  };
}

const presentName = ({ id, name }: { id: string; name: string }) => ({ id, name });
