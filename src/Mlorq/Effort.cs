namespace Mlorq;

/// <summary>How long a compression may take.</summary>
public enum Effort
{
    /// <summary>The least that gives a good file.</summary>
    Fast,

    /// <summary>What most files deserve.</summary>
    Normal,

    /// <summary>All that is known to help.</summary>
    Best,
}
