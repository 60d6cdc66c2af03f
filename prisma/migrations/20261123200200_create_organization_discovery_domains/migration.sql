-- Why: the e-mail domains that point to an organization. Several organizations may have the same one.
-- Locks: organizations, SHARE ROW EXCLUSIVE while the key is added; it is read, not rewritten.
-- Undo: DROP TABLE organization_discovery_domains; DROP TYPE discovery_domain_status;

CREATE TYPE discovery_domain_status AS ENUM ('pending', 'verified');

CREATE TABLE organization_discovery_domains (
    organization_id                TEXT COLLATE "C" NOT NULL,
    id                             TEXT COLLATE "C" NOT NULL,
    domain                         TEXT COLLATE "C" NOT NULL,
    status                         discovery_domain_status NOT NULL DEFAULT 'pending',
    use_for_organization_discovery BOOLEAN NOT NULL DEFAULT true,
    verification_txt               TEXT NOT NULL,
    created_at                     TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at                     TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT organization_discovery_domains_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT organization_discovery_domains_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT organization_discovery_domains_domain_is_lower_case CHECK (domain = lower(domain)),
    CONSTRAINT organization_discovery_domains_verification_txt_is_hex CHECK (verification_txt ~ '^[0-9a-f]{32}$')
);

CREATE UNIQUE INDEX organization_discovery_domains_organization_id_domain_key
    ON organization_discovery_domains (organization_id, domain);
