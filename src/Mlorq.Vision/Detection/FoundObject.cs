namespace Mlorq.Vision;

/// <summary>An object as a detector gives it.</summary>
/// <param name="Label">Its class, as the model counts.</param>
/// <param name="Score">How sure the model is.</param>
/// <param name="Left">In pixels of the prepared picture, as the other sides.</param>
/// <param name="Top">Upper edge.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Bottom">Lower edge.</param>
/// <param name="Mask">Its mask; null without.</param>
internal sealed record FoundObject(long Label, float Score, double Left, double Top, double Right, double Bottom, MaskPlane? Mask);
