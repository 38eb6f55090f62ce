import { DuckDBInstance } from '@duckdb/node-api';
const i = await DuckDBInstance.create(':memory:'); const c = await i.connect();
await c.run(`copy (select 
 (i%2=0) as "bool", i::tinyint as i8, i::utinyint as u8, i::smallint as i16, i::usmallint as u16, i::integer as i32, i::uinteger as u32, i::bigint as i64, (i+18446744073709551610::ubigint)::ubigint as u64, (i::hugeint*1000000007*1000000007*1000000007) as huge,
 (i/4)::float as f32, (i/8)::double as f64, (i/4)::decimal(4,2) as d4, (i/4)::decimal(9,3) as d9, (i/4)::decimal(18,4) as d18, -(i/4)::decimal(38,10) as d38,
 (date '1899-12-30' + i::integer) as day, (time '23:59:58.5') as clock, timestamp '1969-12-31 23:59:59.25' + to_seconds(i) as ts, (timestamp '2020-01-01 00:00:00' + to_seconds(i))::timestamp_ms as ts_ms, (timestamp '2020-01-01 00:00:00' + to_seconds(i))::timestamp_s as ts_s, ('2020-01-01 00:00:00.000000001')::timestamp_ns as ts_ns, timestamptz '2020-06-01 12:00:00+02' as tz,
 to_days(i::integer) + to_months(2) + to_milliseconds(1500) as gap, 'text '||i as txt, case when i%3=0 then null else 'x' end as maybe, 'ab\\x00'::blob as raw, uuid '123e4567-e89b-12d3-a456-426614174000' as id, '{"a":1}'::json as js, (case when i%2=0 then 'red' else 'blue' end)::enum('red','blue') as en, {'city': 'Ulm', 'zip': '0'||i} as place, null::integer as nothing
 from range(5) t(i)) to 'duckdb.parquet' (format parquet, compression zstd)`);
await c.run(`copy (select i, hash(i)::varchar as h from range(3000) t(i)) to 'duckdb_groups.parquet' (format parquet, row_group_size 1024, compression brotli, parquet_version v2)`);
