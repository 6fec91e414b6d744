package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a manifest asks for.
 *
 * @param name its file
 * @param artifacts the files, by the names that the manifest gives them
 * @param targets the command lines whose values are golden, in order
 * @param exclusions values that are not
 * @param policies what else a verifier demands, by technology and field
 * @param idBlock what ID blocks are made of, if there are any
 * @param exports the files that {@code measure export} writes
 * @param variables environment variables that were put in, which the values take for granted
 */
record Manifest(
        String name,
        Map<String, Artifact> artifacts,
        List<Target> targets,
        List<Exclusion> exclusions,
        Map<String, Map<String, String>> policies,
        Optional<IdBlockKeys> idBlock,
        List<Export> exports,
        List<Assumption> variables) {

    /**
     * A file.
     *
     * @param place where it is named
     * @param file its name, seen from the manifest's folder
     * @param sha256 what its SHA-256 must be
     */
    record Artifact(ManifestNode.Place place, String file, Optional<Digest> sha256) {}

    /**
     * One command line.
     *
     * @param place where it begins
     * @param technology the verb
     * @param arguments its options, and the image behind {@code --}
     * @param variant the name of the boot variant, if the manifest gives one
     * @param values what stands in it, by key, for the places of mistakes
     */
    record Target(
            ManifestNode.Place place,
            String technology,
            List<String> arguments,
            Optional<String> variant,
            Map<String, ManifestNode> values) {
        /** {@return where what a message is about stands: the value that it quotes or the option that it names} */
        ManifestNode.Place placeOf(String message) {
            for (ManifestNode value : values.values()) {
                for (ManifestNode item : value.list()) {
                    if (item instanceof ManifestNode.Text text && message.contains("'" + text.text() + "'")) {
                        return text.place();
                    }
                }
            }
            for (Map.Entry<String, ManifestNode> value : values.entrySet()) {
                if (message.matches("(?s).*--" + Pattern.quote(value.getKey()) + "\\b(?!-).*")) {
                    return value.getValue().place();
                }
            }
            return place;
        }
    }

    /**
     * Values that are left out.
     *
     * @param place where it begins
     * @param keys what their ids hold: for {@code register} and each key one of the texts
     */
    record Exclusion(ManifestNode.Place place, Map<String, List<String>> keys) {}

    /**
     * The keys that ID blocks are signed with.
     *
     * @param place where it begins
     * @param idKey artifact with the ID key, public or private
     * @param authorKey artifact with the author key
     * @param file what the names of the blocks begin with, seen from the folder; empty if they are not written
     */
    record IdBlockKeys(ManifestNode.Place place, Artifact idKey, Optional<Artifact> authorKey, Optional<String> file) {}

    /**
     * A file that is written from the lock.
     *
     * @param place where it begins
     * @param format its format
     * @param file its name, seen from the manifest's folder
     * @param options more options of {@code measure export}
     */
    record Export(ManifestNode.Place place, String format, String file, Map<String, List<String>> options) {}
}
