import { expect, test } from "vitest";
import { environmentSecrets } from "../../src/recording/environment-secrets.ts";

test.for([
  ["OPENAI_API_KEY", "abc"],
  ["GITHUB_TOKEN", "x y"],
  ["DB_PASSWORD", "hunter22"],
  ["client_secret", "zebra crossing"],
  ["BASIC_AUTH", "ann:pw"],
  ["DATABASE_URL", "postgres://ann:hunter2@db/shop"],
  ["ANYTHING", "sk-proj-abcdefghijklmnop1234567890"],
  ["ANYTHING", "aZ3kQ9xW7vB2nM5pL8rT"],
] as const)("%s=%s is a secret", ([name, value]) => {
  expect(environmentSecrets({ [name]: value })).toEqual([value]);
});

const NONE = [
  ["MODEL", "gpt-5-mini-2026-08-06"],
  ["PATH", "/usr/bin:/bin"],
  ["KEYBOARD", "colemak"],
  ["SSH_AUTH_SOCK", "/run/user/1000/keyring/ssh"],
  ["PWD", "/home/ann/shop"],
  ["USE_TOKEN", "true"],
  ["MAX_TOKENS", "4096"],
  ["HOME", "/home/ann"],
  ["API_KEY", ""],
] as const;

test.for(NONE)("%s=%s is none", ([name, value]) => {
  expect(environmentSecrets({ [name]: value })).toEqual([]);
});
