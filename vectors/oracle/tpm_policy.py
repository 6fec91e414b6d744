#!/usr/bin/env python3
"""Makes tpm_policy_test.json: PCR policies, their signatures and the files of PCR values, by systemd and tpm2-tools as oracles.

    python3 tpm_policy.py SYSTEMD_MEASURE_257 SYSTEMD_MEASURE_262 SYSTEMD_PCRLOCK_262

Needs openssl, swtpm and tpm2-tools. Keys are made here and thrown away: only their public halves enter the file, so each run writes other
signatures. The sections that systemd-measure hashes are a few bytes of text; what counts is what it makes of the PCR values."""

import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import rules

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/main/resources/dev/measure/vectors"
BANKS = ["sha1", "sha256", "sha384", "sha512"]
KEYS = {"RSA-2048": ["genrsa", "2048"], "RSA-3072, exponent 3": ["genrsa", "-3", "3072"],
        "P-256": ["ecparam", "-name", "prime256v1", "-genkey", "-noout"],
        "P-384": ["ecparam", "-name", "secp384r1", "-genkey", "-noout"],
        "P-521": ["ecparam", "-name", "secp521r1", "-genkey", "-noout"]}


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, check=True, **more).stdout


def value(bank, pcr, phase, digest):
    return {"bank": bank, "pcr": pcr, "phase": phase, "value": digest}


def test(comment, values, output, key="", ref="", append="", error=""):
    return {"tcId": 0, "comment": comment, "flags": [], "values": values, "publicKey": key, "policyRef": ref, "append": append,
            "output": output, "errors": error, "result": "valid"}


def group(kind, style, signature_hash, name, version, command, of):
    return {"type": "TpmPolicyTest", "source": {"name": name, "version": version, "commit": "", "command": command},
            "parameters": {"kind": kind, "style": style, "signatureHash": signature_hash}, "tests": of}


def version(tool):
    return "systemd " + run(tool, "--version").decode().split("(")[1].split(")")[0]


def measure(tool, keys):
    old = version(tool).startswith("systemd 257")
    name, sections = version(tool), ["--linux=linux", "--osrel=osrel", "--cmdline=cmdline"]
    phases = ["enter-initrd", "enter-initrd:leave-initrd", "sysinit", ":"]

    def values(banks, paths):
        arguments = ["--bank=" + b for b in banks] + ["--phase=" + p for p in paths]
        found = json.loads(run(tool, "calculate", "--json=short", *sections, *arguments))
        of = [value(b, 11, v.get("phase", ""), v["hash"]) for b in found for v in found[b]]
        return arguments, sorted(of, key=lambda v: (v["phase"].encode(), v["bank"]))

    groups = []
    for style in ["off", "short", "pretty"]:
        of = []
        for banks, paths in [(BANKS, phases), (["sha256"], ["ready"]), (["sha512", "sha1"], ["b", ":", "a", "b:a", "B"])]:
            arguments, found = values(banks, paths)
            done = subprocess.run([tool, "calculate", "--json=" + style, *sections, *arguments], capture_output=True, check=True)
            of.append(test("calculate %s %s" % (",".join(banks), " ".join(paths)), found, done.stdout.decode(), error=done.stderr.decode()))
        groups.append(group("calculate", style, "", "systemd-measure", name, "systemd-measure calculate --json=%s ..." % style, of))
    for style in ["short", "pretty"]:
        of = []
        for title, (private, public) in keys.items() if style == "short" else [("P-256", keys["P-256"])]:
            for banks, paths in [(BANKS, phases), (["sha256"], ["enter-initrd"])]:
                arguments, found = values(banks, paths)
                made = run(tool, "sign", "--json=" + style, *sections, *arguments, "--private-key=%s" % private, "--public-key=%s" % public)
                of.append(test("sign with %s, %s" % (title, ",".join(banks)), found, made.decode(), key=public.read_text()))
        private, public = keys["RSA-2048"]
        start, found = values(["sha256", "sha384"], ["enter-initrd"])
        before = run(tool, "sign", *sections, *start, "--private-key=%s" % private).decode()
        pathlib.Path("before.json").write_text(before)
        for banks, paths in [(["sha256"], phases), (["sha1", "sha256"], ["enter-initrd"]), (["sha512"], ["sysinit"])]:
            arguments, found = values(banks, paths)
            made = run(tool, "sign", "--json=" + style, *sections, *arguments, "--private-key=%s" % private, "--append=before.json")
            of.append(test("append %s to sha256, sha384" % ",".join(banks), found, made.decode(), key=public.read_text(), append=before))
        if not old:
            for ref in ["phases", "\u00e4\"\\\u00e9\t/x\u20ac\U0001f600\x01\x7f"]:
                arguments, found = values(["sha1", "sha256"], phases[:2])
                made = run(tool, "sign", "--json=" + style, *sections, *arguments, "--private-key=%s" % private, "--policyref=" + ref)
                of.append(test("with a policyref", found, made.decode(), key=public.read_text(), ref=ref))
        groups.append(group("sign", style, "bank" if old else "sha256", "systemd-measure", name,
                            "systemd-measure sign --json=%s --private-key=<key> ..." % style, of))
        if not old:
            of = []
            for key in ["", public]:
                for ref in ["", "phases"]:
                    arguments, found = values(BANKS, phases)
                    more = (["--public-key=%s" % key] if key else []) + (["--policyref=" + ref] if ref else [])
                    made = run(tool, "policy-digest", "--json=" + style, *sections, *arguments, *more)
                    of.append(test("policy-digest" + (", with key" if key else "") + (", with policyref" if ref else ""), found,
                                   made.decode(), key=key.read_text() if key else "", ref=ref))
            groups.append(group("policy-digest", style, "", "systemd-measure", name,
                                "systemd-measure policy-digest --json=%s ..." % style, of))
    return groups


def tpm(keys, pcrlock):
    port = 20000 + os.getpid() % 20000
    emulator = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=.", "--server", "type=tcp,port=%d" % port, "--ctrl",
                                 "type=tcp,port=%d" % (port + 1), "--flags", "startup-clear,not-need-init"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port + 1)).close()
                break
            except OSError:
                time.sleep(0.05)
        env = {**os.environ, "TPM2TOOLS_TCTI": "swtpm:port=%d" % port, "SYSTEMD_TPM2_DEVICE": "swtpm:port=%d" % port}
        tools = run("tpm2_pcrread", "-v", env=env).decode().split('version="')[1].split('"')[0]
        for pcr in [0, 4, 7, 11, 23]:
            digests = ["%s=%s" % (b, hashlib.new(b, b"%d" % pcr).hexdigest()) for b in BANKS]
            run("tpm2_pcrextend", "%d:%s" % (pcr, ",".join(digests)), env=env)
        lists, binaries, policies, names, authorizations = [], [], [], [], []
        for selection in ["sha256:11", "sha256:0,4,7,11", "sha1:11", "sha384:11", "sha512:4,11,23", "sha1:0,1+sha256:0,11,23"]:
            text = run("tpm2_pcrread", selection, "-o", "values", env=env).decode()
            values, bank = [], ""
            for line in text.splitlines():
                if line.endswith(":"):
                    bank = line.strip()[:-1]
                else:
                    pcr, digest = line.split(":")
                    values.append(value(bank, int(pcr), "", digest.strip()[2:].lower()))
            lists.append(test(selection, values, text))
            binaries.append(test(selection, values, pathlib.Path("values").read_bytes().hex()))
            if "+" not in selection:
                run("tpm2_startauthsession", "-S", "session", env=env)
                run("tpm2_policypcr", "-S", "session", "-l", selection, "-L", "policy", env=env)
                run("tpm2_flushcontext", "session", env=env)
                policies.append(test(selection, values, pathlib.Path("policy").read_bytes().hex()))
        for title, (private, public) in keys.items():
            if title in ["RSA-3072, exponent 3", "P-521"]:
                continue  # swtpm takes no other exponent than 65537, tpm2-tools 5.4 no P-521
            kind = "rsa" if title.startswith("RSA") else "ecc"
            run("tpm2_loadexternal", "-C", "n", "-G", kind, "-u", public, "-a", "decrypt|sign|userwithauth", "-n", "name", "-c", "key.ctx", env=env)
            run("tpm2_flushcontext", "-t", env=env)
            names.append(test(title, [], pathlib.Path("name").read_bytes().hex(), key=public.read_text()))
            for ref in ["", "phases"]:
                pathlib.Path("ref").write_bytes(hashlib.sha256(ref.encode()).digest())
                run("tpm2_startauthsession", "-S", "session", env=env)
                run("tpm2_policyauthorize", "-S", "session", "-n", "name", "-L", "policy", *(["-q", "ref"] if ref else []), env=env)
                run("tpm2_flushcontext", "session", env=env)
                authorizations.append(test(title + (", with policyref" if ref else ""), [], pathlib.Path("policy").read_bytes().hex(),
                                           key=public.read_text(), ref=ref))
        groups = [
            group("tpm2-yaml", "", "", "tpm2-tools", tools, "tpm2_pcrread <comment>", lists),
            group("tpm2-binary", "", "", "tpm2-tools", tools, "tpm2_pcrread <comment> -o FILE", binaries),
            group("policy-pcr", "", "", "tpm2-tools and swtpm", tools, "tpm2_policypcr -l <comment> in a policy session", policies),
            group("tpm-name", "", "", "tpm2-tools and swtpm", tools, "tpm2_loadexternal -C n -a 'decrypt|sign|userwithauth' -n FILE", names),
            group("policy-authorize", "", "", "tpm2-tools and swtpm", tools, "tpm2_policyauthorize -n NAME -q REF", authorizations)]
        first = {b: hashlib.new(b, b"11").hexdigest() for b in BANKS}
        other = {b: hashlib.new(b, b"other").hexdigest() for b in BANKS}
        record = {"pcr": 11, "digests": [{"hashAlg": b, "digest": first[b]} for b in BANKS]}
        pathlib.Path("userspace.log").write_text("\x1e" + json.dumps({**record, "content_type": "systemd", "content": {
            "eventType": "phase", "string": "11"}}) + "\n")
        folder = pathlib.Path("components/700-phase.pcrlock.d")
        folder.mkdir(parents=True)
        for name, digests in [("a", first), ("b", other)]:
            (folder / (name + ".pcrlock")).write_text(json.dumps(
                {"records": [{"pcr": 11, "digests": [{"hashAlg": b, "digest": digests[b]} for b in BANKS]}]}))
        env["SYSTEMD_MEASURE_LOG_USERSPACE"] = str(pathlib.Path("userspace.log").resolve())
        for style in ["short", "pretty"]:
            text = run(pcrlock, "predict", "--components=" + str(folder.parent.resolve()), "--pcr=11", "--json=" + style, env=env).decode()
            values = [value(b, 11, "", d) for b, of in json.loads(text).items() for d in of[0]["values"]]
            groups.append(group("pcrlock-prediction", style, "", "systemd-pcrlock", version(pcrlock),
                                "systemd-pcrlock predict --pcr=11 --json=" + style, [test("two variants of a component", values, text)]))
        return groups
    finally:
        emulator.terminate()
        emulator.wait()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    old, new, pcrlock = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pathlib.Path("linux").write_text("kernel")
        pathlib.Path("osrel").write_text("ID=x\n")
        pathlib.Path("cmdline").write_text("console=ttyS0")
        keys = {}
        for title, arguments in KEYS.items():
            private, public = pathlib.Path(title.split(",")[0] + ".pem"), pathlib.Path(title.split(",")[0] + ".pub")
            private.write_bytes(run("openssl", *arguments))
            public.write_bytes(run("openssl", "pkey", "-in", private, "-pubout"))
            keys[title] = (private, public)
        groups = measure(old, keys) + measure(new, keys) + tpm(keys, pcrlock)
    file = {"algorithm": "TPM-POLICY", "schema": "tpm_policy_test_schema_v1.json", "numberOfTests": 0,
            "header": ["PCR policies, their signatures, and the files in which PCR values travel.",
                       "values: of PCRs, in the order in which the peer worked them off. publicKey: PEM, or empty.",
                       "output: what the peer wrote, as text or as hexadecimal (policies, names, binary lists). errors: what it said beside."],
            "notes": {}, "inputs": [], "testGroups": groups}
    rules.write(OUT / "tpm_policy_test.json", file)
    print("tpm_policy_test.json", file["numberOfTests"])


if __name__ == "__main__":
    main()
