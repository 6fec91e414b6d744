package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is expected of a pair of ID block and ID authentication information. The signatures are always verified; the rest only where
 * something is expected.
 *
 * @param launchDigest the launch digest of the guest
 * @param policy its policy
 * @param familyId FAMILY_ID
 * @param imageId IMAGE_ID
 * @param guestSvn GUEST_SVN
 * @param idKeyDigest the digest of the ID key
 * @param authorKeyDigest the digest of the author key
 */
public record IdBlockCheck(
        Optional<Digest> launchDigest,
        Optional<GuestPolicy> policy,
        Optional<Octets> familyId,
        Optional<Octets> imageId,
        OptionalLong guestSvn,
        Optional<Digest> idKeyDigest,
        Optional<Digest> authorKeyDigest) {
    /** Nothing but the signatures. */
    public static final IdBlockCheck SIGNATURES = new IdBlockCheck(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty());

    /** Checks that nothing is null. */
    public IdBlockCheck {
        Objects.requireNonNull(launchDigest, "launchDigest");
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(familyId, "familyId");
        Objects.requireNonNull(imageId, "imageId");
        Objects.requireNonNull(guestSvn, "guestSvn");
        Objects.requireNonNull(idKeyDigest, "idKeyDigest");
        Objects.requireNonNull(authorKeyDigest, "authorKeyDigest");
    }

    /**
     * {@return the verdicts, in the order in which the processor checks: launch digest, policy, signature of the ID block, signature of
     * the ID key}
     *
     * @param block the ID block
     * @param auth its authentication information
     */
    public List<FieldVerdict> of(IdBlock block, IdAuth auth) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        verdicts.add(FieldVerdict.of(
                "LD", launchDigest.map(Digest::hex), block.launchDigest().hex()));
        Optional<String> fault = block.policy().fault();
        if (fault.isPresent()) {
            verdicts.add(new FieldVerdict.Differs(
                    "POLICY",
                    "a policy that the processor takes",
                    block.policy().hex() + ": " + fault.get()));
        } else {
            verdicts.add(FieldVerdict.of(
                    "POLICY", policy.map(GuestPolicy::hex), block.policy().hex()));
        }
        verdicts.add(FieldVerdict.of(
                "FAMILY_ID", familyId.map(Octets::hex), block.familyId().hex()));
        verdicts.add(FieldVerdict.of(
                "IMAGE_ID", imageId.map(Octets::hex), block.imageId().hex()));
        Optional<String> svn =
                guestSvn.isPresent() ? Optional.of(Long.toString(guestSvn.getAsLong())) : Optional.empty();
        verdicts.add(FieldVerdict.of("GUEST_SVN", svn, Long.toString(block.guestSvn())));
        key(verdicts, "ID_KEY", idKeyDigest, Optional.of(auth.idKey()));
        signature(verdicts, "ID_BLOCK_SIG", "the ID block", auth.idKey(), block.toByteArray(), auth.idBlockSignature());
        key(verdicts, "AUTHOR_KEY", authorKeyDigest, auth.author().map(IdAuth.Author::key));
        auth.author()
                .ifPresent(author -> signature(
                        verdicts,
                        "ID_KEY_SIG",
                        "the ID key",
                        author.key(),
                        auth.idKey().toByteArray(),
                        author.idKeySignature()));
        return verdicts;
    }

    private static void key(
            List<FieldVerdict> verdicts, String field, Optional<Digest> expected, Optional<SevPublicKey> key) {
        String found = key.map(there -> there.digest().hex()).orElse("none");
        if (expected.isEmpty()) {
            verdicts.add(new FieldVerdict.NotChecked(field, "no digest to compare " + found + " with"));
        } else if (expected.get().hex().equals(found)) {
            verdicts.add(new FieldVerdict.Matches(field, found));
        } else {
            verdicts.add(new FieldVerdict.Untrusted(
                    field, "a key with digest " + expected.get().hex(), found));
        }
    }

    private static void signature(
            List<FieldVerdict> verdicts,
            String field,
            String what,
            SevPublicKey key,
            byte[] message,
            EcdsaSignature signature) {
        if (key.verifies(message, signature)) {
            verdicts.add(new FieldVerdict.Matches(field, "signs " + what));
        } else {
            verdicts.add(new FieldVerdict.Untrusted(field, "a signature over " + what, "one that does not verify"));
        }
    }
}
