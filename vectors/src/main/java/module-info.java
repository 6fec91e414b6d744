/** Test vectors as data and the one class that opens them. */
module dev.measure.vectors {
    requires transitive com.fasterxml.jackson.databind;

    exports dev.measure.vectors;
}
