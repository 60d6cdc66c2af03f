-- Why: the sources of users, each of a strategy whose kind decides which terms an organization may set.
-- Locks: nothing that exists.
-- Undo: DROP TABLE connections; DROP FUNCTION keep_connection_strategy(); DROP TYPE strategy_kind;

CREATE TYPE strategy_kind AS ENUM ('database', 'passwordless', 'enterprise', 'social');

CREATE TABLE connections (
    id                              TEXT COLLATE "C" NOT NULL,
    name                            TEXT COLLATE "C" NOT NULL,
    strategy                        TEXT COLLATE "C" NOT NULL,
    strategy_kind                   strategy_kind NOT NULL,
    display_name                    TEXT,
    options                         JSON NOT NULL DEFAULT '{}',
    realms                          TEXT[],
    enabled_clients                 TEXT[],
    is_domain_connection            BOOLEAN NOT NULL DEFAULT false,
    show_as_button                  BOOLEAN,
    metadata                        JSONB,
    authentication                  JSONB NOT NULL,
    connected_accounts              JSONB NOT NULL,
    cross_app_access_requesting_app JSONB,
    created_at                      TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at                      TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT connections_pkey PRIMARY KEY (id),
    CONSTRAINT connections_strategy_known CHECK (strategy IN (
        'ad', 'adfs', 'amazon', 'apple', 'auth0', 'auth0-oidc', 'baidu', 'bitbucket', 'bitly', 'box', 'custom',
        'daccount', 'dropbox', 'dwolla', 'email', 'evernote', 'evernote-sandbox', 'exact', 'facebook', 'fitbit',
        'github', 'google-apps', 'google-oauth2', 'instagram', 'ip', 'line', 'linkedin', 'oauth1', 'oauth2',
        'office365', 'oidc', 'okta', 'paypal', 'paypal-sandbox', 'pingfederate', 'planningcenter', 'salesforce',
        'salesforce-community', 'salesforce-sandbox', 'samlp', 'sharepoint', 'shop', 'shopify', 'sms', 'soundcloud',
        'thirtysevensignals', 'twitter', 'untappd', 'vkontakte', 'waad', 'weibo', 'windowslive', 'wordpress',
        'yahoo', 'yandex'
    )),
    CONSTRAINT connections_kind_follows_strategy CHECK (strategy_kind = CASE
        WHEN strategy = 'auth0' THEN 'database'
        WHEN strategy IN ('email', 'sms') THEN 'passwordless'
        WHEN strategy IN ('ad', 'adfs', 'auth0-oidc', 'custom', 'google-apps', 'ip', 'office365', 'oidc', 'okta',
                          'pingfederate', 'samlp', 'sharepoint', 'waad') THEN 'enterprise'
        ELSE 'social'
    END::strategy_kind)
);

CREATE UNIQUE INDEX connections_name_key ON connections (name);
-- The target of the composite foreign key of organization_connections.
CREATE UNIQUE INDEX connections_id_strategy_kind_key ON connections (id, strategy_kind);

CREATE FUNCTION keep_connection_strategy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the strategy of connection % cannot change from % to %', OLD.id, OLD.strategy, NEW.strategy
        USING ERRCODE = 'check_violation', CONSTRAINT = 'connections_strategy_unchangeable', TABLE = 'connections';
END $$;

CREATE TRIGGER connections_strategy_unchangeable
    BEFORE UPDATE ON connections
    FOR EACH ROW WHEN (OLD.strategy IS DISTINCT FROM NEW.strategy)
    EXECUTE FUNCTION keep_connection_strategy();
