-- Lists constraints, triggers, functions, sequences, partial indexes and collations beyond what a Prisma schema can say, a
-- definition a line, to be compared with hand-written.txt. Postgres gives them back as the same text in all versions that
-- were tried (15 and 18).
SELECT regexp_replace(definition, '\s+', ' ', 'g') AS definition FROM (
  SELECT format('check %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace
  UNION ALL
  SELECT format('trigger %s.%s %s', tgrelid::regclass, tgname, pg_get_triggerdef(pg_trigger.oid, true))
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
   WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND NOT relispartition AND relnamespace = current_schema()::regnamespace
  UNION ALL
  SELECT format('function %s %s', proname,
                replace(pg_get_functiondef(pg_proc.oid), quote_ident(current_schema()) || '.', ''))
    FROM pg_proc
   WHERE pronamespace = current_schema()::regnamespace
     AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  UNION ALL
  SELECT format('sequence %s START %s INCREMENT %s%s', seqrelid::regclass, seqstart, seqincrement,
                CASE WHEN seqcycle THEN ' CYCLE' END)
    FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid WHERE relnamespace = current_schema()::regnamespace
  UNION ALL
  SELECT replace(pg_get_indexdef(indexrelid), quote_ident(current_schema()) || '.', '')
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
   WHERE indpred IS NOT NULL AND relnamespace = current_schema()::regnamespace
  UNION ALL
  SELECT format('column %s.%s COLLATE %I', attrelid::regclass, attname, collname)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_collation ON pg_collation.oid = attcollation
   WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace AND attnum > 0 AND collname <> 'default'
) AS found (definition) ORDER BY definition COLLATE "C";
