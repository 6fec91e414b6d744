/** Test vectors as data, the one class that opens them, and writers of small, broken or very large inputs. */
module dev.measure.vectors {
    requires transitive com.fasterxml.jackson.databind;

    exports dev.measure.vectors;
}
