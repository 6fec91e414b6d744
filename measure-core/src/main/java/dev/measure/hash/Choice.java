package dev.measure.hash;

/** What {@code -Dmeasure.digest} asks for. */
enum Choice {
    /** The fastest of all, once this machine has proven it. */
    AUTO,
    /** The Java runtime's message digests, always. */
    JDK,
    /** Vector kernels from the first block on, whether or not they are compiled or faster; for tests. */
    VECTOR,
    /** Plain Java, which needs nothing to be looked up: for processes that hash a few MiB and end. */
    PLAIN;

    /** The system property. */
    static final String PROPERTY = "measure.digest";

    private static final Choice CHOSEN = parse(System.getProperty(PROPERTY, "auto"));

    /** {@return the choice for this process; auto if the property has no known value} */
    static Choice ofProperty() {
        return CHOSEN;
    }

    static Choice parse(String text) {
        for (Choice choice : values()) {
            if (choice.name().equalsIgnoreCase(text)) {
                return choice;
            }
        }
        return AUTO;
    }
}
