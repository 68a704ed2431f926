using Mlorq.Onnx;

namespace Mlorq;

/// <summary>What a run does with the state file of an earlier one.</summary>
public enum CheckpointStart
{
    /// <summary>Starts from the beginning; the first write replaces an old state file.</summary>
    Anew,

    /// <summary>Goes on where the state file ends; from the beginning where there is none.</summary>
    Resume,
}

/// <summary>
/// Where a compression keeps what is finished while it runs, so that an interrupted one need not start again: one file, replaced by renaming, so that
/// the old or the new state is whole whenever the process ends. <see cref="CompressedFile.Write"/> deletes it when the result is complete.
/// </summary>
/// <param name="Path">The state file.</param>
/// <param name="Start">What is done with an old one.</param>
public sealed record Checkpoint(string Path, CheckpointStart Start = CheckpointStart.Anew)
{
    /// <summary>The least time between two writes; they are further apart where one takes long. Results do not depend on it. Zero writes after every finished piece.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where the next state is written before it takes the place of the old one; what is there when the process is ended by force can be deleted.</summary>
    public string TemporaryPath => Path + ".partial";

    /// <summary>Deletes the state file, if there is one.</summary>
    /// <exception cref="OutputException">It cannot be deleted.</exception>
    internal void Delete()
    {
        try
        {
            File.Delete(TemporaryPath);
            File.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"The result is complete, but the state file '{Path}' cannot be deleted: {e.Message.TrimEnd('.')}.", e);
        }
    }
}

/// <summary>A state file is damaged, or belongs to another run.</summary>
public sealed class CheckpointException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public CheckpointException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
